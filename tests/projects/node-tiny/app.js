const fs = require('fs')
const ms = require('ms')

require('http')
  .createServer((request, response) => response.end(`${ms('2 days')} ${fs.readFileSync('built.txt')}`))
  .listen(process.env.PORT || 3300)
