// Runs before the first paint, so a chosen look does not flash; a module would come too late.
document.documentElement.classList.add("has-script");
try {
  const look = JSON.parse(localStorage.getItem("wschat.theme"));
  if (look === "light" || look === "dark") document.documentElement.dataset.theme = look;
} catch {
  // Storage is blocked: the system's look stays.
}
