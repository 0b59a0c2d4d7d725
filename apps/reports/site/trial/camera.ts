// The camera in the page: its picture, and a button that takes it.

import { element } from './element.ts';

/** Shows the camera in `place` until a photograph is taken or it is closed. */
export async function openCamera(place: HTMLElement, take: (photo: Blob) => Promise<void>): Promise<void> {
  if (place.childElementCount > 0) return;
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch {
    place.replaceChildren(
      element('p', { className: 'note', textContent: 'There is no camera, or this page may not use it.' }),
    );
    return;
  }
  const video = element('video', { muted: true, playsInline: true, autoplay: true, srcObject: stream });
  video.setAttribute('aria-label', 'The picture of the camera');
  const opener = document.activeElement;
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    place.replaceChildren();
    place.removeEventListener('keydown', onKey);
    if (opener instanceof HTMLElement) opener.focus();
  };
  const onKey = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') close();
  };
  place.addEventListener('keydown', onKey);
  const shoot = element('button', { type: 'button', textContent: 'Take the photo' });
  shoot.addEventListener('click', async () => {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext('2d')!.drawImage(video, 0, 0);
    close();
    await take(new File([await canvas.convertToBlob()], 'photo of the camera'));
  });
  const stop = element('button', { type: 'button', textContent: 'Close the camera' });
  stop.addEventListener('click', close);
  place.replaceChildren(video, element('div', { className: 'choices' }, [shoot, stop]));
  shoot.focus();
}
