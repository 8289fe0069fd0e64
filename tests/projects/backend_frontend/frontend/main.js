document.querySelector("#app").textContent = "stock";
