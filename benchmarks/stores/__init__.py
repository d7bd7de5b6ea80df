"""The stores that are compared, one module each; every one runs as a worker of its own.

`_base.Store` says what each can be asked. The names of the modules and what they need is in
`environments.TOOLS`.
"""
