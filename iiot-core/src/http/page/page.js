
"use strict";
const MAX_TEXT = 200000;

// What stands in the path is written in the form.
function path(form) {
  return form.dataset.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.elements[name].value.trim()));
}

async function send(form) {
  const answer = form.querySelector(".answer"), stop = form.querySelector(".stop");
  const leave = new AbortController();
  stop.onclick = () => leave.abort();
  stop.hidden = form.dataset.kind !== "stream";
  answer.hidden = false;
  answer.textContent = "…";
  try {
    const response = await fetch(path(form), {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Authorization": "Bearer " + document.getElementById("key").value.trim(),
      },
      body: form.querySelector("textarea").value,
      signal: leave.signal,
    });
    answer.textContent = response.status + " " + response.statusText + "\n";
    await show(response, answer);
  } catch (error) {
    answer.textContent += "\n" + error;
  }
  stop.hidden = true;
}

async function show(response, answer) {
  if ((response.headers.get("Content-Type") || "").includes("json")) {
    answer.textContent += JSON.stringify(await response.json(), null, 2);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    answer.textContent = (answer.textContent + value).slice(-MAX_TEXT);
    answer.scrollTop = answer.scrollHeight;
  }
}

for (const form of document.forms) {
  form.addEventListener("submit", event => { event.preventDefault(); send(form); });
}
