const fastify = require("fastify")();

fastify.listen({ port: Number(process.env.PORT) || 4200, host: "0.0.0.0" });
