"""What loads and plays plugins: one module a host, all with the interface of `hosts.host.Host`.

Nothing here is imported by `synths`; only the lean processes of `plugins.snapshot` load plugins.
"""
