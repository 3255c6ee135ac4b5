"""Running Hikitome: the command line, the whole system on one machine, and the recipes for others."""
