"""The programs and builtins that change a machine: what they were to do is kept when they fail."""

from __future__ import annotations

ACTING = frozenset(
    (
        *("rm", "rmdir", "unlink", "shred", "mv", "cp", "install", "ln", "dd", "tee", "truncate", "touch", "split"),
        *(
            "chmod",
            "chown",
            "chgrp",
            "chattr",
            "setfacl",
            "mount",
            "umount",
            "sed",
            "patch",
            "ed",
            "ex",
            "vi",
            "vim",
            "nano",
            "emacs",
        ),
        *("kill", "pkill", "killall", "renice", "systemctl", "service", "shutdown", "poweroff", "halt", "reboot"),
        *("scp", "rsync", "sftp", "ssh", "curl", "wget", "tar", "zip", "gzip", "bzip2", "xz"),
        *("at", "atrm", "batch", "crontab", "date", "su", "git", "perl", "awk", "mawk", "vim", "nano", "emacs"),
    )
)
