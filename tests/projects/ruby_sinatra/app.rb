require "sinatra"

set :port, ENV["PORT"] || 4570

get("/") { "hello" }
