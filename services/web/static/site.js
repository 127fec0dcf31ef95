// Enhancement only: every task works without this file.
import { initAll } from "./vendor/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// What htmx brings in gets the same behaviour as what was there from the start.
document.body.addEventListener("htmx:load", (event) => initAll({ scope: event.detail.elt }));
