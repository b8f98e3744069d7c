"""What things are: columns, vocabulary, dates, filters, policies, catalogs, map definitions, and the values between stages."""
