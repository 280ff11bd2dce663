"use strict";
const said = document.getElementById("said"), text = document.getElementById("text"), file = document.getElementById("file");

function add(name, className, content) {
  const element = document.createElement(name);
  element.className = className;
  if (content) element.textContent = content;
  said.append(element);
  element.scrollIntoView({ block: "end" });
  return element;
}

async function ask(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) add("p", "error", await answer.text());
  return answer;
}

file.addEventListener("change", async () => {
  const chosen = file.files[0];
  if (!chosen) return;
  const answer = await ask("/show?name=" + encodeURIComponent(chosen.name), chosen);
  if (answer.ok) {
    const shown = add(chosen.type.startsWith("video") ? "video" : "img", "");
    shown.src = URL.createObjectURL(chosen);
    shown.controls = true;
    shown.alt = chosen.name;
  }
  file.value = "";
  text.focus();
});

document.getElementById("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = text.value.trim();
  if (!line) return;
  text.value = "";
  if (/^https?:\/\/\S+$/.test(line)) {
    const answer = await ask("/show", JSON.stringify({ url: line }));
    if (answer.ok) add("p", "hint", "(seen: " + line + ")");
    return;
  }
  const paragraph = add("p", "", line);
  const answer = await ask("/say", JSON.stringify({ text: line }));
  if (!answer.ok) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const span = document.createElement("span");
  span.className = "answer";
  paragraph.append(span);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    span.append(value);
    paragraph.scrollIntoView({ block: "end" });
  }
});

document.getElementById("new").addEventListener("click", async () => {
  await ask("/new", "");
  said.replaceChildren();
  text.focus();
});
