const port = Number(Deno.env.get("PORT") ?? "8020");
Deno.serve({ port, hostname: "0.0.0.0" }, () => new Response("hello"));
