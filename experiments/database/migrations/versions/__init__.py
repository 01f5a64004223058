"""The changes. A file that was once released is never changed again."""
