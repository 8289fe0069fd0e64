const express = require('express')
const { port, host } = require('./config')

const app = express()
app.get('/', (request, response) => response.send('notes'))
app.listen(port, host)
