"""What learns from renders: datasets, neural proxies and estimators. Empty until the first of them."""
