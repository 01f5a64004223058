"""Plugin hosts: each has a module with the interface `host.Host` and a row in `table`.

Only the processes of `plugins.snapshot` import the modules.
"""
