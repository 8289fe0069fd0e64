rootProject.name = "relay"
