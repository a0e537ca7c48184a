-- Attaches the server to every file that is opened, and maps the keys of `require('interline').keys`.
if vim.g.loaded_interline or vim.fn.has('nvim-0.7') == 0 then return end
vim.g.loaded_interline = 1
local interline = require('interline')
local function on(events, run) vim.api.nvim_create_autocmd(events, { group = vim.api.nvim_create_augroup('interline', { clear = false }), callback = run }) end

on({ 'BufWinEnter', 'BufWritePost' }, function(event) interline.attach(event.buf) end)
on({ 'InsertEnter', 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, interline.ask)
on({ 'InsertLeave', 'BufLeave' }, interline.hide)
for key, extent in pairs(interline.keys) do
  vim.keymap.set('i', key, function()
    if not interline.accept(extent) then vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(key, true, false, true), 'n', false) end
  end, { desc = 'Interline: accept ' .. extent })
end
