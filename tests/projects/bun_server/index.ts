Bun.serve({
  port: 3456,
  fetch: () => new Response("buns"),
});
