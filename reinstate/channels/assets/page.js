// The address of this server in the line to copy.
for (const here of document.querySelectorAll('[data-here]')) here.textContent = new URL('.', location.href).href;

// The welcome is painted first, then the chat is brought to life.
requestAnimationFrame(() => setTimeout(() => {
  const script = document.createElement('script');
  script.src = document.querySelector('link[as="script"]').href;
  document.head.append(script);
}));
