"""Side by side: our server and its peers under the same load, in one run, with a table out."""
