"""What CMS pays: the catalogue, the minimum rates and the settlement."""
