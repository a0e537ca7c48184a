-- Ghost text from `interline lsp`, for Neovim 0.7 and later. Neovim 0.12 can do it without this: docs/editors.md.
-- All decisions (when to answer, what a word is) are the server's; this starts it, draws, inserts and reports.
local M = { keys = { ['<Tab>'] = 'all', ['<M-Right>'] = 'word', ['<M-C-Right>'] = 'line' }, cmd = { 'interline', 'lsp' } }
local api, space = vim.api, vim.api.nvim_create_namespace('interline')
local new = vim.fn.has('nvim-0.11') == 1
local server, clients, shown, asked = {}, {}, nil, nil -- server by buffer, client by root, what is drawn, what was asked last

local function client() return vim.lsp.get_client_by_id(server[api.nvim_get_current_buf()] or 0) end
local function call(what, ...) -- methods since 0.11, plain functions before
  local it = client()
  if it and new then return it[what](it, ...) elseif it then return it[what](...) end
end
local function bytes(text, units) -- of the first UTF-16 units
  if new then return vim.str_byteindex(text, 'utf-16', units, false) end
  return vim.str_byteindex(text, units, true)
end

function M.hide()
  if shown then api.nvim_buf_clear_namespace(shown.buf, space, 0, -1) end
  shown, asked = nil, nil
end

local function show(item, row, col)
  local line = api.nvim_get_current_line()
  local covers = item.range['end'].character - item.range.start.character
  local stop = col + bytes(line:sub(col + 1), covers)
  local lines = vim.split(item.insertText:gsub('\r', ''), '\n', { plain = true })
  local chunks = vim.tbl_map(function(it) return { { it:gsub('\t', (' '):rep(vim.bo.tabstop)), 'Comment' } } end, lines)
  local blank = #lines > 1 and vim.fn.strdisplaywidth(line:sub(col + 1)) - vim.fn.strdisplaywidth(lines[1]) or 0
  chunks[1][2] = blank > 0 and { (' '):rep(blank), 'Normal' } or nil
  table.insert(chunks[#lines], { line:sub(stop + 1), 'Normal' }) -- the rest of the line, where it will stand
  api.nvim_buf_set_extmark(0, space, row, col, { virt_text = chunks[1], virt_text_pos = 'overlay', virt_lines = vim.list_slice(chunks, 2) })
  shown = { item = item, buf = api.nvim_get_current_buf(), row = row, col = col, stop = stop }
  call('notify', 'textDocument/didShowCompletion', { item = item })
end

function M.ask()
  local row, col = unpack(api.nvim_win_get_cursor(0))
  local now = table.concat({ api.nvim_get_current_buf(), vim.b.changedtick, row, col }, ':')
  if now == asked or not client() then return end
  M.hide()
  asked = now
  local params = vim.lsp.util.make_position_params(0, 'utf-16')
  params.context = { triggerKind = 2 }
  call('request', 'textDocument/inlineCompletion', params, function(_, result)
    local item = result and result.items[1]
    if item and asked == now and api.nvim_get_mode().mode:sub(1, 1) == 'i' then show(item, row - 1, col) end
  end, api.nvim_get_current_buf()) -- 0 would leave pending edits unsent
end

function M.accept(extent) -- 'all', 'word' or 'line'; false when there is nothing to accept
  if not shown then return false end
  local it, facts = shown, shown.item._interline.next or {}
  local text = it.item.insertText
  local part = facts[extent] and text:sub(1, bytes(text, facts[extent])) or text
  local lines = vim.split(part:gsub('\r', ''), '\n', { plain = true })
  M.hide()
  api.nvim_buf_set_text(0, it.row, it.col, it.row, part == text and it.stop or it.col, lines)
  api.nvim_win_set_cursor(0, { it.row + #lines, (#lines == 1 and it.col or 0) + #lines[#lines] })
  if part == text then call('request', 'workspace/executeCommand', it.item.command, function() end, it.buf)
  else call('notify', 'textDocument/didPartiallyAcceptCompletion', { item = it.item, acceptedLength = facts[extent] }) end
  return true
end

function M.attach(buf)
  local name = api.nvim_buf_get_name(buf)
  if vim.bo[buf].buftype ~= '' or name == '' then return end
  local root = vim.fn.fnamemodify(name, ':p:h')
  local git = vim.fn.finddir('.git', root .. ';')
  root = git ~= '' and vim.fn.fnamemodify(git, ':p:h:h') or root
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.general = { positionEncodings = { 'utf-16' } }
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  local config = { name = 'interline', cmd = M.cmd, root_dir = root, capabilities = capabilities,
    init_options = { editorPluginInfo = { name = 'interline.lua', version = '0.1.0' } } } -- says that it reports what it shows
  clients[root] = clients[root] or not vim.lsp.start and vim.lsp.start_client(config) or nil
  server[buf] = vim.lsp.start and vim.lsp.start(config, { bufnr = buf }) or clients[root]
  if not vim.lsp.start then vim.lsp.buf_attach_client(buf, server[buf]) end
end
return M
