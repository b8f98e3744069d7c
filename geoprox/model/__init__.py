"""What things are: columns, vocabulary, dates, filters, policies, catalogs, maps, and the values between stages."""
