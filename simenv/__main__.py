"""``python -m simenv``: the command line."""

from simenv.cli.main import main

if __name__ == "__main__":  # worker processes import this module too
    main(prog_name="simenv")
