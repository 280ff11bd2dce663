// Keys: j and k lead on and back, r to a random document, / to the search; g and b judge.
"use strict";
const judge = document.querySelector(".judge");
async function say(good) {
  const answer = await fetch("/judge", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key: judge.dataset.key, good }),
  });
  if (answer.ok) location.assign("/judge");
  else judge.querySelector("[aria-live]").textContent = "That was not saved: " + (await answer.text());
}
function follow(rel) {
  const link = document.querySelector(`main a[rel="${rel}"]`);
  if (link) location.assign(link.href);
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  if (event.key === "j") follow("next");
  else if (event.key === "k") follow("prev");
  else if (event.key === "r") location.assign("/random" + (judge ? "" : location.search));
  else if (event.key === "/") {
    const search = document.querySelector("main input");
    event.preventDefault();
    if (search) search.focus();
    else location.assign("/");
  } else if (judge && event.key === "g") say(true);
  else if (judge && event.key === "b") say(false);
});
if (judge) for (const button of judge.querySelectorAll("button")) button.addEventListener("click", () => say(button.dataset.good === "1"));
