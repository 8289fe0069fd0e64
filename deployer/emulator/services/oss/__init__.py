"""Object storage: REST and XML, signed URLs, multipart uploads, bodies on disk."""
