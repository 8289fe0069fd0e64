module.exports = {
  port: parseInt(process.env.NOTES_PORT || '4100', 10),
  host: process.env.NOTES_HOST || '127.0.0.1',
}
