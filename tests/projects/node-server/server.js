const http = require("http");
// listen(9999) is what a comment says.
const port = Number(process.env.PORT) || 3000;

http.createServer((request, response) => response.end(`hello from ${process.env.NODE_ENV}`)).listen(port, () => {
  console.log(`listening on ${port}`);
});
