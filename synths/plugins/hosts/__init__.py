"""Plugin hosts: one module each with the interface `host.Host`, and one row each in `table`.

Only the processes of `plugins.snapshot` import the host modules.
"""
