document.querySelector("#app").textContent = "board";
