"""The `glrec` command. Each subcommand is a module with a `configure` and an `execute`; `main` lists them.

Standard output carries results, standard error what goes wrong and how far it is. Exit codes: 0 done and right, 1 done and
wrong (a file that fails, a route that does not work), 2 cannot be done as asked (a bad option, no such file), 130 Ctrl-C.
"""
