// A target whose module does not load.

throw new Error('the table of formats is missing');
