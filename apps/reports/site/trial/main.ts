// The page that tries networks, at work: it loads the networks that were chosen when it is asked to, takes a photograph
// that is dropped, pasted, picked or taken, and shows what each network predicts. Nothing leaves the browser.

import type { Trial } from '../../src/report/trial.ts';
import { openCamera } from './camera.ts';
import { download } from './download.ts';
import { element } from './element.ts';
import { loadNetwork, type Network } from './network.ts';
import { loadRuntime, type Processor, type RuntimeSource } from './runtime.ts';
import { answerCard, problemCard } from './show.ts';

/** What the page says about itself: see `TrialPage` in try.astro. */
interface PageData {
  /** Leads from the page to the site's first folder. */
  root: string;
  trials: Trial[];
  runtimes: Record<Processor, RuntimeSource>;
}

const data = JSON.parse(document.getElementById('trial-data')!.textContent!) as PageData;
const place = document.getElementById('trial')!;
const address = (src: string) => new URL(data.root + src, location.href).href;

/** Photographs are shown at this many pixels at most, on a screen of two device pixels each. */
const SHOWN = 640;

const networks = new Map<string, Network>();
let photo: ImageBitmap | undefined;
/** Counts photographs: an answer that comes when there is a newer one is dropped. */
let turn = 0;
let loading: Promise<void> | undefined;

const boxes = data.trials.map((trial, i) => {
  const box = element('input', { type: 'checkbox', checked: isChosen(trial, i) });
  box.addEventListener('change', () => void onChoice());
  return { trial, box };
});
const chosen = () => boxes.filter(({ box }) => box.checked).map(({ trial }) => trial);

/** The address may name a run; else the first is chosen, which is the most accurate. */
function isChosen(trial: Trial, index: number): boolean {
  const named = data.trials.some(({ slug }) => location.hash === `#${slug}`);
  return named ? location.hash === `#${trial.slug}` : index === 0;
}

const processors = element('select', {}, [
  element('option', { value: 'wasm', textContent: 'the processor (WebAssembly)' }),
]);
const loadButton = element('button', { type: 'button', className: 'primary' });
const progress = element('progress', { max: 1, value: 0, hidden: true });
progress.setAttribute('aria-label', 'Loading');
const status = element('p', { className: 'note' });
status.setAttribute('role', 'status');
const answers = element('div', { className: 'answers' });
answers.setAttribute('aria-live', 'polite');
const canvas = element('canvas', { className: 'shown', hidden: true });
canvas.setAttribute('role', 'img');
const picker = element('input', { type: 'file', accept: 'image/*', className: 'unseen' });
const taker = element('input', { type: 'file', accept: 'image/*', className: 'unseen' });
taker.setAttribute('capture', 'environment');

const processor = () => processors.value as Processor;

async function onChoice(): Promise<void> {
  say();
  if (photo && chosen().every(({ slug }) => networks.has(slug))) await classify();
}

/** What a click on the button would load, in words. */
function say(): void {
  const wanted = chosen().filter(({ slug }) => !networks.has(slug));
  const runtime = networks.size > 0 ? 0 : data.runtimes[processor()].bytes;
  const bytes = wanted.reduce((sum, trial) => sum + trial.bytes, runtime);
  const isLoaded = wanted.length === 0 && networks.size > 0;
  loadButton.disabled = wanted.length === 0 || loading !== undefined;
  loadButton.hidden = isLoaded;
  loadButton.textContent = `Load ${wanted.length === 1 ? wanted[0]!.name : `${wanted.length} networks`} (${megabytes(bytes)})`;
  if (loading) return;
  if (isLoaded) status.textContent = 'Ready: drop a photo here, paste one, or choose one.';
  else if (wanted.length === 0) status.textContent = 'Choose a network in the table below.';
  else if (runtime > 0)
    status.textContent = `ONNX Runtime is ${megabytes(runtime)} of this; everything comes from this site.`;
  else status.textContent = '';
}

const megabytes = (bytes: number) =>
  bytes < 999_500
    ? `${Math.max(1, Math.round(bytes / 1000))} kB`
    : `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0)} MB`;

/** Loads the chosen networks, and ONNX Runtime before the first. */
function load(): Promise<void> {
  loading ??= loadChosen().finally(() => {
    loading = undefined;
    progress.hidden = true;
    say();
  });
  return loading;
}

async function loadChosen(): Promise<void> {
  const wanted = chosen().filter(({ slug }) => !networks.has(slug));
  const source = data.runtimes[processor()];
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, networks.size > 0 ? 0 : source.bytes);
  let loaded = 0;
  const onBytes = (count: number) => {
    loaded += count;
    progress.value = Math.min(1, loaded / total);
  };
  progress.hidden = false;
  processors.disabled = true;
  say();
  status.textContent = 'Loading';
  try {
    const runtime = await loadRuntime(processor(), () => download(address(source.src), onBytes));
    for (const trial of wanted) {
      const bytes = await download(address(trial.model), onBytes);
      networks.set(trial.slug, await loadNetwork(trial, bytes, runtime, address));
    }
  } catch (error) {
    answers.replaceChildren(problemCard('The network could not be loaded', error));
    if (networks.size === 0) processors.disabled = false;
  }
}

/** Takes a photograph: loads what is chosen if that is still to do, and shows the answers. */
async function take(file: Blob): Promise<void> {
  const own = ++turn;
  try {
    photo = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    const name = file instanceof File ? file.name : 'The clipboard';
    answers.replaceChildren(problemCard(`${name} is not an image that this browser can decode`, undefined));
    return;
  }
  if (own !== turn) return;
  show(photo, file instanceof File ? file.name : 'pasted photo');
  current = file;
  if (chosen().some(({ slug }) => !networks.has(slug))) await load();
  await classify();
}

let current: Blob | undefined;

function show(image: ImageBitmap, name: string): void {
  const scale = Math.min(1, SHOWN / Math.max(image.width, image.height));
  [canvas.width, canvas.height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.setAttribute('aria-label', `Your photo: ${name}`);
  canvas.hidden = false;
}

/** What the loaded networks that are chosen say about the photograph at hand. */
async function classify(): Promise<void> {
  if (!current) return;
  const [own, file] = [turn, current];
  const cards: HTMLElement[] = [];
  for (const trial of chosen()) {
    const network = networks.get(trial.slug);
    if (!network) continue;
    try {
      cards.push(answerCard(trial, await network.answer(file), address));
    } catch (error) {
      cards.push(problemCard(`${trial.name} could not classify it`, error));
    }
    if (own !== turn) return;
  }
  if (cards.length > 0) answers.replaceChildren(...cards);
}

function arrange(): void {
  const button = (text: string, onClick: () => void) => {
    const made = element('button', { type: 'button', textContent: text });
    made.addEventListener('click', onClick);
    return made;
  };
  for (const input of [picker, taker]) {
    input.tabIndex = -1;
    input.setAttribute('aria-hidden', 'true');
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file) void take(file);
      input.value = '';
    });
  }
  const camera = element('div', { className: 'camera' });
  const zone = element('div', { className: 'drop-zone' }, [
    element('div', { className: 'choices' }, [
      button('Choose a photo', () => picker.click()),
      // A phone's own camera app; elsewhere the camera in the page.
      ...(matchMedia('(pointer: coarse)').matches
        ? [button('Take a photo', () => taker.click())]
        : 'mediaDevices' in navigator
          ? [button('Use the camera', () => void openCamera(camera, take))]
          : []),
    ]),
    element('p', { className: 'note', textContent: 'or drop one anywhere on this page, or paste it.' }),
    camera,
    canvas,
    picker,
    taker,
  ]);
  loadButton.addEventListener('click', () => void load().then(classify));
  const label = element('label', { textContent: 'Run on ' }, [processors]);
  label.hidden = true;
  void offerGraphics(label);
  place.replaceChildren(
    element('div', { className: 'load' }, [loadButton, label, progress, status]),
    element('div', { className: 'trial' }, [zone, answers]),
  );
  for (const { trial, box } of boxes) {
    const row = document.querySelector<HTMLTableRowElement>(`tr[data-run="${trial.slug}"]`)!;
    box.className = 'choose';
    box.setAttribute('aria-label', `Try ${trial.name}`);
    row.cells[0]!.prepend(box);
  }
  for (const sample of document.querySelectorAll<HTMLAnchorElement>('.samples a.photo')) {
    sample.addEventListener('click', (event) => {
      event.preventDefault();
      void fetch(sample.href)
        .then((response) => response.blob())
        .then((blob) => take(new File([blob], sample.querySelector('img')!.alt)));
    });
  }
  say();
}

/** What is used of a GPUAdapter. */
interface Adapter {
  info: { isFallbackAdapter: boolean };
}

/** Offers WebGPU where the browser has it, and chooses it. */
async function offerGraphics(label: HTMLElement): Promise<void> {
  const { gpu } = navigator as Navigator & { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const hasPromises = 'Suspending' in WebAssembly;
  const adapter = hasPromises && gpu ? await gpu.requestAdapter().catch(() => null) : null;
  // One that is emulated on the processor takes seconds where WebAssembly takes milliseconds.
  if (!adapter || adapter.info.isFallbackAdapter || networks.size > 0 || loading) return;
  processors.append(element('option', { value: 'webgpu', textContent: 'the graphics processor (WebGPU)' }));
  processors.value = 'webgpu';
  processors.addEventListener('change', say);
  label.hidden = false;
  say();
}

for (const kind of ['dragover', 'drop'] as const) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (kind === 'drop' && file) void take(file);
  });
}
document.addEventListener('paste', (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (file) void take(file);
});
arrange();
