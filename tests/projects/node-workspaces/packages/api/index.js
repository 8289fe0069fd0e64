require('http').createServer().listen(4000)
