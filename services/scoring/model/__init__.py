"""The model at work: predict, band, explain, rank. Pure: data in, values out."""
