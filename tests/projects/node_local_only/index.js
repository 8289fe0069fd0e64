const app = require("express")();

app.listen(5050, "127.0.0.1");
