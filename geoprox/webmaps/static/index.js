(function () {
  "use strict";
  const root = document.documentElement;
  const speak = (lang) => {
    root.lang = lang;
    root.dir = lang === "he" ? "rtl" : "ltr";
    // a map opens in the language in which the reader left this page
    for (const link of document.querySelectorAll("[data-map]")) link.hash = lang;
  };
  document.getElementById("language").addEventListener("click", () => speak(root.lang === "en" ? "he" : "en"));
  speak(location.hash === "#he" ? "he" : "en");
})();
