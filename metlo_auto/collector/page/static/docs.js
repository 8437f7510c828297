// Shows the document that the page names in Swagger UI. No method may be tried out: nothing is sent to the app.
"use strict";
(() => {
  const place = document.getElementById("docs");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", paint);
  paint();
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    supportedSubmitMethods: [],
    validatorUrl: null,
    deepLinking: true,
    onComplete: () => place.querySelector("main")?.setAttribute("role", "none"), // the page has a main of its own
  });
})();
