"""The code of one call, as people write it in each language: address from the environment, timeout, retries."""

from large.system import Call, Unit


def variable_of(target: str) -> str:
    """Return the environment variable with the address of a service."""
    return target.replace("-", "_").upper() + "_URL"


def client(unit: Unit, call: Call) -> tuple[str, str]:
    """Return path below the service's directory, and text."""
    snake = call.target.replace("-", "_")
    pascal = "".join(part.title() for part in call.target.split("-"))
    camel = pascal[0].lower() + pascal[1:]
    path, text = CLIENTS[unit.language]
    values = {"env": variable_of(call.target), "snake": snake, "pascal": pascal, "camel": camel, "host": call.target}
    for key, given in (("timeout", call.timeout_ms), ("retries", call.retries)):
        part = PARTS[unit.language].get(key, "") if given is not None else ""
        values[key] = (
            part.replace("@ms", str(given)).replace("@s", f"{(given or 0) / 1000:g}").replace("@n", str(given))
        )
    for name, value in values.items():
        path, text = path.replace(f"<{name}>", value), text.replace(f"<{name}>", value)
    return path, text


PARTS = {
    "python": {"timeout": ", timeout=@s", "retries": ", max_retries=@n"},
    "go": {"timeout": "\tctx, cancel := context.WithTimeout(ctx, @ms*time.Millisecond)\n\tdefer cancel()\n"},
    "java": {"timeout": ".setReadTimeout(Duration.ofMillis(@ms))"},
    "javascript": {"timeout": "timeout: @ms, ", "retries": "retries: @n, "},
    "typescript": {"timeout": ", signal: AbortSignal.timeout(@ms)"},
    "c_sharp": {"timeout": ", Timeout = TimeSpan.FromMilliseconds(@ms)"},
}
"""Setting -> how it is written; ``@ms`` milliseconds, ``@s`` seconds, ``@n`` the number."""

CLIENTS = {
    "python": (
        "clients/<snake>_client.py",
        '''"""Calls <host>."""

import os

import httpx

BASE = os.environ["<env>"]
session = httpx.Client(base_url=BASE<timeout><retries>)


def fetch(record_id: str) -> dict:
    """Return one record."""
    response = session.get(f"/records/{record_id}")
    response.raise_for_status()
    return response.json()
''',
    ),
    "go": (
        "clients/<snake>.go",
        """package clients

import (
	"context"
	"net/http"
	"os"
	"time"
)

var <camel>URL = os.Getenv("<env>")

// Fetch<pascal> returns one record.
func Fetch<pascal>(ctx context.Context, id string) (*http.Response, error) {
<timeout>	request, err := http.NewRequestWithContext(ctx, http.MethodGet, <camel>URL+"/records/"+id, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}
""",
    ),
    "java": (
        "src/main/java/com/example/clients/<pascal>Client.java",
        """package com.example.clients;

import java.time.Duration;
import org.springframework.boot.web.client.RestTemplateBuilder;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestTemplate;

@Component
public class <pascal>Client {
    private final String base = System.getenv("<env>");
    private final RestTemplate rest;

    public <pascal>Client(RestTemplateBuilder builder) {
        this.rest = builder.rootUri(base)<timeout>.build();
    }

    public Record fetch(String id) {
        return rest.getForObject(base + "/records/" + id, Record.class);
    }
}
""",
    ),
    "javascript": (
        "src/clients/<snake>.js",
        """const axios = require("axios");

const base = process.env.<env>;
const client = axios.create({ baseURL: base, <timeout><retries>headers: { accept: "application/json" } });

async function fetch<pascal>(id) {
  const response = await client.get(`/records/${id}`);
  return response.data;
}

module.exports = { fetch<pascal> };
""",
    ),
    "typescript": (
        "src/clients/<snake>.ts",
        """const base = process.env.<env>;

export async function fetch<pascal>(id: string): Promise<unknown> {
  const response = await fetch(`${base}/records/${id}`, { method: "GET"<timeout> });
  if (!response.ok) {
    throw new Error(`<host> answered ${response.status}`);
  }
  return response.json();
}
""",
    ),
    "c_sharp": (
        "Clients/<pascal>Client.cs",
        """using System;
using System.Net.Http;
using System.Threading.Tasks;

namespace Example.Clients
{
    public class <pascal>Client
    {
        private static readonly string Base = Environment.GetEnvironmentVariable("<env>");
        private readonly HttpClient client = new HttpClient { BaseAddress = new Uri(Base)<timeout> };

        public async Task<string> Fetch(string id)
        {
            var response = await client.GetAsync($"{Base}/records/{id}");
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsStringAsync();
        }
    }
}
""",
    ),
}
"""Language -> path and text of a client."""
