"""awk: its language (POSIX, with the messages of mawk and its order of ``for (key in array)``), run over simulated files.

`parser` reads a program into the nodes of `tree`, `compiler` makes them Python closures, and `program.awk` runs these over the
records of `records`. Values are floats, strings, and `values.Input`: text that counts as a number where it looks like one.
"""
