"""Every run as a study of Optuna: in a journal, in SQL, and in Optuna's dashboard."""
