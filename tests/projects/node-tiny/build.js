require('fs').writeFileSync('built.txt', process.env.NODE_ENV || 'no environment')
