vim.lsp.config('interline', { cmd = { 'interline', 'lsp' }, root_markers = { '.git' } })
vim.lsp.enable('interline')
vim.lsp.inline_completion.enable()

local function take(key, pattern) -- all of it without a pattern
  vim.keymap.set('i', key, function()
    return not vim.lsp.inline_completion.get({ on_accept = function(item)
      local range, typed = item.range, vim.api.nvim_win_get_cursor(0)[2] - item.range.start_col -- since the answer came
      local part = pattern and item.insert_text:match(pattern, typed + 1)
      local stop = (part and range.start_col or range.end_col) + typed
      item.range = vim.range(range.buf, range.start_row, range.start_col, range.end_row, stop)
      if not part or typed + #part == #item.insert_text then return item end
      item.insert_text = item.insert_text:sub(1, typed) .. part
      vim.lsp.get_client_by_id(item.client_id):notify('textDocument/didPartiallyAcceptCompletion',
        { item = { command = item.command }, acceptedLength = vim.str_utfindex(item.insert_text, 'utf-16') })
      item.command = nil
      return item
    end }) and key or nil
  end, { expr = true })
end
take('<Tab>')
take('<M-Right>', '^%s*%p*[%w_]*')
take('<M-C-Right>', '^%s*[^\n]+')
