"""Spring, Micronaut and Quarkus: settings files, configuration servers, and what the settings say about failures."""
