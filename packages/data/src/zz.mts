import { openDataset, loadImages, imageSource } from '@sightline/data';
const T=(l,t)=>console.log(l,(performance.now()-t).toFixed(1));
let t=performance.now();
const ds=await openDataset('/tmp/data-play/cars64'); T('open',t); console.log(ds.classes, ds.splits.train.length, ds.splits.validation.length, ds.hash);
t=performance.now(); const set=await loadImages(ds,'train',{size:[64,64]}); T('load train',t);
t=performance.now(); const val=await loadImages(ds,'validation',{size:[64,64]}); T('load val',t);
for (const [name,aug] of [['none',null],['fliprot',{rotation:20,horizontalFlip:true}]] as const)
for (const workers of [0,1,2]) {
  const src=imageSource(set,{batchSize:128,seed:1,shuffle:true,augmentation:aug,workers});
  for (let e=0;e<4;e++){ t=performance.now(); let n=0; let s=0; for await (const b of src.batches(e)) {n+=b.size; s+=b.x[1234]!} const dt=performance.now()-t; if(e===3||workers==1&&e==0) console.log(name,workers,'epoch',e,(n/dt*1e3).toFixed(0),'img/s',s); }
}
