"""`python -m glrec_core`: the `glrec` command where its script is not on the path."""

from glrec_core.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
