// Light or dark as last chosen, before anything is painted. Loaded in the head, and no module.
(() => {
  const chosen = localStorage.getItem("scheme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.scheme = chosen;
})();
