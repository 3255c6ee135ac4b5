"""The subcommands of `hikitome`, one module each; thin: they read options and print."""
