package org.example;

import jakarta.servlet.http.HttpServlet;

public class Book extends HttpServlet {}
