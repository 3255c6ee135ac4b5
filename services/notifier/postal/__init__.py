"""Post (郵送DM・同梱): addresses, barcodes, layout and the files of a batch, decided without any I/O."""
