"""What learns from renders: datasets, neural proxies, estimators. Empty until the first of them."""
