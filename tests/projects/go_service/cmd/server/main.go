package main

import (
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
)

func main() {
	// not here: http.ListenAndServe(":9999", nil)
	port := os.Getenv("PORT")
	if port == "" {
		port = "8085"
	}
	router := chi.NewRouter()
	router.Get("/", func(response http.ResponseWriter, _ *http.Request) {
		_, _ = response.Write([]byte("orders"))
	})
	log.Fatal(http.ListenAndServe(":"+port, router))
}
